import { createQuery } from "@urql/solid";
import { Show } from "solid-js";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { CodeBlock } from "../../ui/CodeBlock";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Panel } from "../../ui/Panel";

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
    <Panel title={t("engine.config")} hint={t("engine.configHint")}>
      <ErrorNotice error={config.error} />
      <Show
        when={config.data?.engine.configPreview}
        fallback={
          <Show when={config.data}>
            <p class="text-muted">{t("engine.configNone")}</p>
          </Show>
        }
      >
        {(yaml) => <CodeBlock place="config.yaml" code={yaml()} />}
      </Show>
    </Panel>
  );
}
