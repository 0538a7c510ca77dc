import { createQuery } from "@urql/solid";
import { createSignal, Show } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { errorCode } from "../../graphql/errors";
import { graphql } from "../../graphql/generated";
import type {
  ProviderKind,
  ProviderOption,
  ProviderSettingsQuery,
} from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { readText } from "../../lib/form";
import { Button } from "../../ui/Button";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { CheckField, TextAreaField } from "../../ui/Field";
import { Form } from "../../ui/Form";
import { Loading } from "../../ui/Loading";
import { Notice } from "../../ui/Notice";
import { supportedProvider } from "../../ui/providers";
import { notify } from "../../ui/Toaster";

const ProviderSettingsQueryDoc = graphql(`
  query ProviderSettings($kind: ProviderKind!) {
    provider(kind: $kind) {
      kind
      settings {
        version
        excludedModels
        cloaking
        identityPerAccount
      }
    }
  }
`);

const UpdateProviderSettingsMutation = graphql(`
  mutation UpdateProviderSettings(
    $kind: ProviderKind!
    $input: UpdateProviderSettingsInput!
    $expectedVersion: Int!
  ) {
    updateProviderSettings(kind: $kind, input: $input, expectedVersion: $expectedVersion) {
      settings {
        version
      }
    }
  }
`);

type Settings = NonNullable<ProviderSettingsQuery["provider"]>["settings"];
type FormProps = { kind: ProviderKind; name: string; onClose: () => void };

function has(kind: ProviderKind, option: ProviderOption): boolean {
  return supportedProvider(kind)?.options.includes(option) ?? false;
}

/** Reads the checkboxes that only some providers have. */
function readChecks(kind: ProviderKind, form: FormData) {
  return {
    ...(has(kind, "CLOAKING") && { cloaking: form.get("cloaking") !== null }),
    ...(has(kind, "IDENTITY_PER_ACCOUNT") && {
      identityPerAccount: form.get("identityPerAccount") !== null,
    }),
  };
}

function Fields(props: { kind: ProviderKind; settings: Settings }) {
  return (
    <>
      <TextAreaField
        label={t("providers.excluded")}
        name="excludedModels"
        rows="4"
        value={props.settings.excludedModels.join("\n")}
        placeholder={"claude-3-*\n*-preview"}
        hint={t("providers.excludedHint")}
        spellcheck={false}
      />
      <Show when={has(props.kind, "CLOAKING")}>
        <CheckField
          label={t("providers.cloaking")}
          hint={t("providers.cloakingHint")}
          name="cloaking"
          checked={props.settings.cloaking}
        />
      </Show>
      <Show when={has(props.kind, "IDENTITY_PER_ACCOUNT")}>
        <CheckField
          label={t("providers.identity")}
          hint={t("providers.identityHint")}
          name="identityPerAccount"
          checked={props.settings.identityPerAccount}
        />
      </Show>
    </>
  );
}

function SettingsForm(props: FormProps) {
  const [query, ask] = createQuery({
    query: ProviderSettingsQueryDoc,
    variables: () => ({ kind: props.kind }),
    requestPolicy: "network-only",
  });
  const [change, update] = createMutation(UpdateProviderSettingsMutation);
  // What the form began with stays, as a copy: an answer that comes later is put into the same object.
  const [first, setFirst] = createSignal<Settings>();
  const latest = () => query.data?.provider?.settings;
  const shown = () => first() ?? latest();
  const isConflict = () => errorCode(change.error) === "CONFLICT";

  async function submit(form: FormData) {
    const [settings, known] = [shown(), latest()];
    if (!settings || !known) return;
    setFirst({ ...settings, excludedModels: [...settings.excludedModels] });
    const input = {
      ...readChecks(props.kind, form),
      excludedModels: readText(form, "excludedModels")
        .split(/[\s,]+/)
        .filter(Boolean),
    };
    const { error } = await update({ kind: props.kind, input, expectedVersion: known.version });
    if (errorCode(error) === "CONFLICT") ask({ requestPolicy: "network-only" });
    if (error) return;
    props.onClose();
    notify({ tone: "ok", text: t("providers.settingsSaved", { provider: props.name }) });
  }

  return (
    <Show
      when={shown()}
      fallback={
        <Show when={query.error} fallback={<Loading />}>
          <ErrorNotice error={query.error} />
        </Show>
      }
    >
      {(settings) => (
        <Form onSubmit={(form) => void submit(form)}>
          <Fields kind={props.kind} settings={settings()} />
          <Show when={isConflict()} fallback={<ErrorNotice error={change.error} />}>
            <Notice tone="warn">
              {t("providers.conflict")}
              <Show when={latest()}>
                {(known) => (
                  <p class="mt-1 font-mono text-xs break-words">
                    {known().excludedModels.join(", ") || t("common.none")}
                  </p>
                )}
              </Show>
            </Notice>
          </Show>
          <DialogActions>
            <Button onClick={() => props.onClose()}>{t("common.cancel")}</Button>
            <Button tone="primary" type="submit" pending={change.fetching || query.fetching}>
              {t("common.save")}
            </Button>
          </DialogActions>
        </Form>
      )}
    </Show>
  );
}

/** How the accounts of one provider are used, whichever of them serves. */
export function ProviderSettingsDialog(props: FormProps & { open: boolean }) {
  return (
    <Dialog
      open={props.open}
      title={t("providers.settingsTitle", { provider: props.name })}
      description={t("providers.settingsHint")}
      onClose={props.onClose}
    >
      <Show when={props.open}>
        <SettingsForm kind={props.kind} name={props.name} onClose={props.onClose} />
      </Show>
    </Dialog>
  );
}
