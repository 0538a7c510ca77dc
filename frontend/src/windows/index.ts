export { describeForecast, expectedLevels, readForecast } from "./forecast";
export { WindowBar } from "./WindowBar";
export { nameOfWindow } from "./windowName";
