export { ApiTokenList } from "./ApiTokenList";
