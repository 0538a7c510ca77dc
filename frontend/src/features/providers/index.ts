export { CheckAccounts } from "./CheckAccounts";
export { ExportAccounts } from "./ExportAccounts";
export { ProviderList } from "./ProviderList";
export { ImportAccounts } from "./signin/ImportAccounts";
