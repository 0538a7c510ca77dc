import { Show } from "solid-js";
import type { ProviderKind } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { readOptional, readText } from "../../lib/form";
import { TextAreaField, TextField } from "../../ui/Field";
import { supportedProvider } from "../../ui/providers";
import { parseHeaders, parseModels } from "./accountInput";
import { ModelsField } from "./ModelsField";

/** Reads the settings that one new key or many have in common. */
export function readKeyFields(kind: ProviderKind, form: FormData) {
  const models = parseModels(readText(form, "models"));
  const headers = parseHeaders(readText(form, "headers"));
  return {
    kind,
    label: readOptional(form, "label"),
    baseUrl: readOptional(form, "baseUrl"),
    prefix: readOptional(form, "prefix"),
    models: models.length > 0 ? models : null,
    headers: headers.length > 0 ? headers : null,
  };
}

/** The settings of new keys, without the keys. */
export function AddKeyFields(props: { kind: ProviderKind }) {
  const keys = () => supportedProvider(props.kind)?.apiKeys;
  const needsBaseUrl = () => !keys()?.defaultBaseUrl;
  const needsModels = () => keys()?.modelsRequired ?? false;
  const models = () => (
    <ModelsField kind={props.kind} needsBaseUrl={needsBaseUrl()} required={needsModels()} />
  );
  return (
    <>
      <TextField
        label={t("providers.labelOptional")}
        name="label"
        hint={t("providers.labelHint")}
      />
      <Show when={needsBaseUrl()}>
        <TextField
          label={t("providers.baseUrl")}
          name="baseUrl"
          type="url"
          placeholder="https://api.example.com/v1"
          required
        />
      </Show>
      <Show when={needsModels()}>{models()}</Show>
      <details class="rounded-lg border border-line px-3 py-2.5">
        <summary class="font-medium">{t("common.advanced")}</summary>
        <div class="mt-3 flex flex-col gap-4">
          <Show when={!needsBaseUrl()}>
            <TextField
              label={t("providers.baseUrlOptional")}
              name="baseUrl"
              type="url"
              placeholder={keys()?.defaultBaseUrl ?? ""}
              hint={t("providers.baseUrlHint")}
            />
          </Show>
          <Show when={!needsModels()}>{models()}</Show>
          <TextField label={t("providers.prefix")} name="prefix" hint={t("providers.prefixHint")} />
          <TextAreaField
            label={t("providers.headers")}
            name="headers"
            rows="2"
            placeholder="X-Team: blue"
            autocomplete="off"
            hint={t("providers.headersHint")}
          />
        </div>
      </details>
    </>
  );
}
