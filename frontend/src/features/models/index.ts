export { AliasList } from "./AliasList";
export { ModelCatalogue } from "./ModelCatalogue";
export { PriceList } from "./PriceList";
export { Resolution } from "./Resolution";
