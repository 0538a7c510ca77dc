export { AliasList } from "./AliasList";
export { ModelCatalogue } from "./ModelCatalogue";
export { OwnModels } from "./OwnModels";
export { PriceList } from "./PriceList";
export { Resolution } from "./Resolution";
