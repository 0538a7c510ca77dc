export { ProviderList } from "./ProviderList";
