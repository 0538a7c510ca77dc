export { ApiTokenList as default } from "../../features/tokens";
