import { createQuery } from "@urql/solid";
import { Show } from "solid-js";
import { graphql } from "../../graphql/generated";
import { CodeBlock } from "../../ui/CodeBlock";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Panel } from "../../ui/Panel";
import { words } from "./words";

const ConfigPreviewQuery = graphql(`
  query ConfigPreview {
    engine {
      configPreview
    }
  }
`);

/** The configuration that the server wrote for the engine, with its secrets masked. */
export function ConfigPreview() {
  const [config] = createQuery({ query: ConfigPreviewQuery });
  return (
    <Panel title={words().config} hint={words().configHint}>
      <ErrorNotice error={config.error} />
      <Show
        when={config.data?.engine.configPreview}
        fallback={
          <Show when={config.data}>
            <p class="text-muted">{words().configNone}</p>
          </Show>
        }
      >
        {(yaml) => <CodeBlock place="config.yaml" code={yaml()} />}
      </Show>
    </Panel>
  );
}
