export { AlertHistory } from "./AlertHistory";
export { OpenAlerts } from "./OpenAlerts";
