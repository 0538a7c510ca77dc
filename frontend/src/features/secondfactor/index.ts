export { SecondFactorPanel } from "./SecondFactorPanel";
