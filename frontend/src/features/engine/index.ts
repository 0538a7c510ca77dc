export { ConfigPreview } from "./ConfigPreview";
export { EngineLog } from "./EngineLog";
export { EnginePanel } from "./EnginePanel";
export { words as engineWords } from "./words";
