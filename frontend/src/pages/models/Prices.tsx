export { PriceList as default } from "../../features/models";
