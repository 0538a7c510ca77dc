import { createMemo, createSignal, For, onCleanup, onMount, Show } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import type { FetchModelsInput, ProviderKind } from "../../graphql/generated/graphql";
import { May } from "../../graphql/may";
import { t } from "../../i18n";
import { readOptional, readText } from "../../lib/form";
import { Button } from "../../ui/Button";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { CheckField, TextAreaField } from "../../ui/Field";
import { SearchField } from "../../ui/SearchField";
import { parseHeaders, parseModels } from "./accountInput";

const FetchModelsMutation = graphql(`
  mutation FetchModels($input: FetchModelsInput!) {
    fetchModels(input: $input) {
      models
      hasMore
    }
  }
`);

/** The input of the form around the field; a reason if a required one is empty. */
function readInput(
  { kind, needsBaseUrl }: { kind: ProviderKind; needsBaseUrl: boolean },
  form: FormData,
): FetchModelsInput | string {
  const keys = readText(form, form.has("apiKeys") ? "apiKeys" : "apiKey");
  const apiKey = keys.split(/\s+/).find(Boolean);
  if (!apiKey) return t("providers.fetch.needsKey");
  const baseUrl = readOptional(form, "baseUrl");
  if (needsBaseUrl && !baseUrl) return t("providers.fetch.needsUrl");
  const headers = parseHeaders(readText(form, "headers"));
  return { kind, apiKey, baseUrl, headers: headers.length > 0 ? headers : null };
}

/** Adds or removes models in the text of the field; lines of other models stay as they are. */
function withModels(text: string, names: readonly string[], isWanted: boolean): string {
  const lines = text.split("\n").filter((line) => line.trim());
  const nameOf = (line: string) => parseModels(line)[0]?.name ?? "";
  if (!isWanted) return lines.filter((line) => !names.includes(nameOf(line))).join("\n");
  const present = new Set(lines.map(nameOf));
  return [...lines, ...names.filter((name) => !present.has(name))].join("\n");
}

function FoundModels(props: {
  models: readonly string[];
  hasMore: boolean;
  text: string;
  onChange: (text: string) => void;
}) {
  const [search, setSearch] = createSignal("");
  const chosen = createMemo(() => new Set(parseModels(props.text).map(({ name }) => name)));
  const shown = () => {
    const part = search().trim().toLowerCase();
    return props.models.filter((name) => name.toLowerCase().includes(part));
  };
  const choose = (names: readonly string[], isWanted: boolean) =>
    props.onChange(withModels(props.text, names, isWanted));
  return (
    <fieldset class="flex min-w-0 flex-col gap-2 rounded-lg border border-line p-3">
      <legend class="px-1 font-medium">{t("providers.fetch.select")}</legend>
      <div class="flex flex-wrap items-center gap-2">
        <SearchField label={t("providers.fetch.filter")} value={search()} onSearch={setSearch} />
        <Button size="small" onClick={() => choose(shown(), true)}>
          {t("providers.fetch.all")}
        </Button>
        <Button size="small" onClick={() => choose(shown(), false)}>
          {t("providers.fetch.none")}
        </Button>
      </div>
      <div class="flex max-h-56 flex-col gap-1.5 overflow-y-auto font-mono text-sm break-all">
        <For each={shown()} fallback={<p class="text-muted">{t("providers.fetch.noMatch")}</p>}>
          {(name) => (
            <CheckField
              label={name}
              checked={chosen().has(name)}
              onChange={(event) => choose([name], event.currentTarget.checked)}
            />
          )}
        </For>
      </div>
      <Show when={props.hasMore}>
        <p class="text-sm text-muted">
          {t("providers.fetch.more", { count: props.models.length })}
        </p>
      </Show>
    </fieldset>
  );
}

/** The models of a new account: typed, or chosen among those that the provider lists for its key. */
export function ModelsField(props: {
  kind: ProviderKind;
  needsBaseUrl: boolean;
  required: boolean;
}) {
  const [text, setText] = createSignal("");
  const [missing, setMissing] = createSignal<string>();
  const [found, fetchModels] = createMutation(FetchModelsMutation);
  const list = () => (found.fetching ? undefined : found.data?.fetchModels);
  let around: HTMLDivElement | undefined;

  onMount(() => {
    const form = around?.closest("form");
    const clear = () => setText("");
    form?.addEventListener("reset", clear);
    onCleanup(() => form?.removeEventListener("reset", clear));
  });

  async function go(form: HTMLFormElement | null) {
    const input = readInput(props, new FormData(form ?? undefined));
    setMissing(typeof input === "string" ? input : undefined);
    if (typeof input !== "string") await fetchModels({ input });
  }

  return (
    <div ref={around} class="flex flex-col gap-2">
      <TextAreaField
        label={t("providers.models")}
        name="models"
        placeholder={"llama-3.3-70b\nfast = mistral-small-latest"}
        hint={
          props.required
            ? t("providers.modelsHint")
            : `${t("providers.modelsHint")} ${t("providers.modelsAllHint")}`
        }
        value={text()}
        onInput={(event) => setText(event.currentTarget.value)}
        required={props.required}
      />
      <May do="fetchModels">
        <div class="flex flex-wrap items-center gap-x-3 gap-y-1">
          <Button
            size="small"
            pending={found.fetching}
            onClick={(event) => void go(event.currentTarget.form)}
          >
            {t("providers.fetch.do")}
          </Button>
          <p class="text-sm text-muted" role="status">
            {missing() ??
              (list()
                ? t("providers.fetch.found", { count: list()?.models.length ?? 0 })
                : t("providers.fetch.hint"))}
          </p>
        </div>
        <ErrorNotice error={found.error} />
        <Show when={(list()?.models.length ?? 0) > 0 && list()}>
          {(known) => (
            <FoundModels
              models={known().models}
              hasMore={known().hasMore}
              text={text()}
              onChange={setText}
            />
          )}
        </Show>
      </May>
    </div>
  );
}
