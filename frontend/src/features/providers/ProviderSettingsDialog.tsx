import { createQuery, useClient } from "@urql/solid";
import { Show, untrack } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { createVersioned } from "../../graphql/createVersioned";
import { graphql } from "../../graphql/generated";
import type {
  ProviderKind,
  ProviderOption,
  ProviderSettingsQuery,
} from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { changesOf, readText } from "../../lib/form";
import { type Difference, differencesOf } from "../../ui/Conflict";
import { Dialog } from "../../ui/Dialog";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { CheckField, TextAreaField } from "../../ui/Field";
import { Loading } from "../../ui/Loading";
import { MutationForm } from "../../ui/MutationDialog";
import { supportedProvider } from "../../ui/providers";
import { notify } from "../../ui/Toaster";

const ProviderSettingsQueryDoc = graphql(`
  query ProviderSettings($kind: ProviderKind!) {
    provider(kind: $kind) {
      kind
      settings {
        version
        excludedModels
        additionalModels
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
      <Show
        when={supportedProvider(props.kind)?.additionalModels}
        fallback={
          <Show when={supportedProvider(props.kind)?.signIn}>
            <p class="text-sm text-muted">{t("providers.additionalNone")}</p>
          </Show>
        }
      >
        <TextAreaField
          label={t("providers.additional")}
          name="additionalModels"
          rows="3"
          value={props.settings.additionalModels.join("\n")}
          placeholder="claude-opus-5"
          hint={t("providers.additionalHint")}
          spellcheck={false}
        />
      </Show>
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

function compare(before: Settings, after: Settings): Difference[] {
  const onOff = (value: boolean) => (value ? t("common.on") : t("common.off"));
  const fields = [
    [
      t("providers.excluded"),
      (settings: Settings) => settings.excludedModels.join(", ") || t("common.none"),
    ],
    [
      t("providers.additional"),
      (settings: Settings) => settings.additionalModels.join(", ") || t("common.none"),
    ],
    [t("providers.cloaking"), (settings: Settings) => onOff(settings.cloaking)],
    [t("providers.identity"), (settings: Settings) => onOff(settings.identityPerAccount)],
  ] as const;
  return differencesOf<Settings>(fields, before, after);
}

function SettingsForm(
  props: FormProps & { settings: Settings; read: () => Promise<Settings | undefined> },
) {
  const [change, update] = createMutation(UpdateProviderSettingsMutation);
  const versioned = createVersioned<Settings, Difference>({
    first: untrack(() => props.settings),
    read: () => props.read(),
    compare,
  });

  async function submit(form: FormData) {
    const kind = props.kind;
    const readNames = (name: string) =>
      readText(form, name)
        .split(/[\s,]+/)
        .filter(Boolean);
    const wanted = {
      ...readChecks(kind, form),
      ...(form.has("additionalModels") && { additionalModels: readNames("additionalModels") }),
      excludedModels: readNames("excludedModels"),
    };
    const saved = await versioned.save(
      (base) => changesOf(base, wanted),
      (input, expectedVersion) => update({ kind, input, expectedVersion }),
    );
    if (!saved) return;
    props.onClose();
    notify({ tone: "ok", text: t("providers.settingsSaved", { provider: props.name }) });
  }

  return (
    <MutationForm
      mutation={change}
      submit={t("common.save")}
      conflict={versioned.conflict()}
      onSubmit={(form) => void submit(form)}
      onClose={props.onClose}
    >
      <Fields kind={props.kind} settings={versioned.shown()} />
    </MutationForm>
  );
}

function Content(props: FormProps) {
  const client = useClient();
  const variables = () => ({ kind: props.kind });
  const [query] = createQuery({
    query: ProviderSettingsQueryDoc,
    variables,
    requestPolicy: "network-only",
  });
  async function read(): Promise<Settings | undefined> {
    const answer = await client.query(ProviderSettingsQueryDoc, variables(), {
      requestPolicy: "network-only",
    });
    return answer.data?.provider?.settings;
  }
  return (
    <Show
      when={query.data?.provider?.settings}
      fallback={
        <Show when={query.error} fallback={<Loading />}>
          <ErrorNotice error={query.error} />
        </Show>
      }
    >
      {(settings) => <SettingsForm {...props} settings={settings()} read={read} />}
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
        <Content kind={props.kind} name={props.name} onClose={props.onClose} />
      </Show>
    </Dialog>
  );
}
