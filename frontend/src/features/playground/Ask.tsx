import { useSearchParams } from "@solidjs/router";
import { createQuery } from "@urql/solid";
import { createSignal, For, Show } from "solid-js";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { readSecret, readText } from "../../lib/form";
import { Button } from "../../ui/Button";
import { SelectField, TextAreaField, TextField } from "../../ui/Field";
import { Form } from "../../ui/Form";
import { Panel } from "../../ui/Panel";
import { Switch } from "../../ui/Switch";
import type { Run } from "./createRun";
import { PROTOCOL_NAMES, PROTOCOLS } from "./protocols";

const PlaygroundModelsQuery = graphql(`
  query PlaygroundModels {
    models {
      name
    }
  }
`);

const USUAL_TOKENS = 1024;
const MODELS = "playground-models";

/** The prompt with its model, protocol and key. */
export function Ask(props: { run: Run }) {
  const [search, setSearch] = useSearchParams<{ protocol?: string; model?: string }>();
  const [models] = createQuery({ query: PlaygroundModelsQuery });
  const [isStreamed, setStreamed] = createSignal(true);
  const protocol = () => PROTOCOL_NAMES.find((name) => name === search.protocol) ?? "chat";
  const isBusy = () => props.run.state() === "waiting" || props.run.state() === "answering";

  function ask(form: FormData) {
    const question = {
      protocol: protocol(),
      model: readText(form, "model"),
      prompt: readSecret(form, "prompt"),
      maxTokens: Number(readText(form, "maxTokens")) || USUAL_TOKENS,
      isStreamed: isStreamed(),
    };
    void props.run.ask(question, readText(form, "key"));
  }
  return (
    <Panel>
      <Form onSubmit={ask}>
        <TextField
          name="key"
          type="password"
          label={t("providers.apiKey")}
          hint={t("playground.keyHint")}
          placeholder="sk-…"
          autocomplete="off"
          required
        />
        <div class="grid gap-4 sm:grid-cols-2">
          <SelectField
            label={t("requests.columns.protocol")}
            value={protocol()}
            options={PROTOCOL_NAMES.map((value) => ({ value, label: PROTOCOLS[value].name }))}
            onChange={(event) =>
              setSearch({ protocol: event.currentTarget.value }, { replace: true })
            }
          />
          <TextField
            name="model"
            label={t("common.model")}
            list={MODELS}
            value={search.model ?? ""}
            onChange={(event) => setSearch({ model: event.currentTarget.value }, { replace: true })}
            autocomplete="off"
            required
          />
          <datalist id={MODELS}>
            <For each={models.data?.models}>{({ name }) => <option value={name} />}</For>
          </datalist>
        </div>
        <TextAreaField name="prompt" label={t("playground.prompt")} rows="6" required />
        <div class="flex flex-wrap items-end justify-between gap-4">
          <div class="w-48">
            <TextField
              name="maxTokens"
              type="number"
              min="1"
              label={t("playground.maxTokens")}
              value={USUAL_TOKENS}
            />
          </div>
          <div class="flex items-center gap-4">
            <Switch
              label={t("playground.streamed")}
              checked={isStreamed()}
              onChange={setStreamed}
            />
            <Show
              when={isBusy()}
              fallback={
                <Button tone="primary" type="submit">
                  {t("playground.send")}
                </Button>
              }
            >
              <Button onClick={() => props.run.stop()}>{t("playground.stop")}</Button>
            </Show>
          </div>
        </div>
      </Form>
    </Panel>
  );
}
