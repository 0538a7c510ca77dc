import { ConfigPreview, EngineLog, EnginePanel } from "../../features/engine";

/** The engine's state, log and configuration. */
export default function State() {
  return (
    <>
      <EnginePanel />
      <EngineLog />
      <ConfigPreview />
    </>
  );
}
