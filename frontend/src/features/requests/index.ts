export { RequestExplorer } from "./RequestExplorer";
export { RequestLog } from "./RequestLog";
