export { ConfigPreview } from "./ConfigPreview";
export { EngineLog } from "./EngineLog";
export { EnginePanel } from "./EnginePanel";
export { EngineUpdates } from "./updates/EngineUpdates";
