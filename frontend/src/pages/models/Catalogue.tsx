export { ModelCatalogue as default } from "../../features/models";
