import { createSignal, For, Show } from "solid-js";
import { May } from "../../graphql/may";
import { t } from "../../i18n";
import { createNow } from "../../lib/createNow";
import { formatAgo } from "../../lib/format";
import { Button } from "../../ui/Button";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Fact, Facts } from "../../ui/Facts";
import { Form } from "../../ui/Form";
import { LeaveDialog } from "../../ui/LeaveDialog";
import { Loading } from "../../ui/Loading";
import { Notice } from "../../ui/Notice";
import { Panel } from "../../ui/Panel";
import { notify } from "../../ui/Toaster";
import { createSettings, type SettingsState } from "./createSettings";
import { ReviewDialog } from "./ReviewDialog";
import { describeValue, SettingField } from "./SettingField";
import { type FieldName, fieldsOf, GROUPS } from "./table";

function Groups(props: { settings: SettingsState }) {
  return (
    <For each={GROUPS}>
      {(group) => (
        <Panel
          title={t(`settings.groups.${group}.label`)}
          hint={t(`settings.groups.${group}.hint`)}
        >
          <div class="grid items-start gap-5 sm:grid-cols-2 xl:grid-cols-4">
            <For each={fieldsOf(group)}>
              {(field) => <SettingField field={field} settings={props.settings} />}
            </For>
          </div>
        </Panel>
      )}
    </For>
  );
}

/** The settings for those who may not change them. */
function Values(props: { settings: SettingsState }) {
  const value = (field: FieldName) => describeValue(field, props.settings.draft()?.[field] ?? "");
  return (
    <>
      <Notice tone="info">{t("roles.ADMIN.only")}</Notice>
      <For each={GROUPS}>
        {(group) => (
          <Panel
            title={t(`settings.groups.${group}.label`)}
            hint={t(`settings.groups.${group}.hint`)}
          >
            <Facts>
              <For each={fieldsOf(group)}>
                {(field) => <Fact name={t(`settings.fields.${field}`)}>{value(field)}</Fact>}
              </For>
            </Facts>
          </Panel>
        )}
      </For>
    </>
  );
}

function Bar(props: { settings: SettingsState }) {
  const now = createNow();
  const version = () => {
    const saved = props.settings.saved();
    if (!saved) return "";
    return saved.updatedAt
      ? t("settings.versionBy", { version: saved.version, ago: formatAgo(saved.updatedAt, now()) })
      : t("settings.version", { version: saved.version });
  };
  const count = () => props.settings.changed().length;
  return (
    <div class="sticky bottom-16 z-10 flex flex-wrap items-center justify-between gap-3 rounded-xl border border-line bg-raised px-4 py-3 shadow-raised lg:bottom-4">
      <p role="status" class={count() > 0 ? "font-medium" : "text-muted"}>
        {count() > 0 ? t("settings.changes", { count: count() }) : version()}
      </p>
      <div class="flex gap-2">
        <Show when={count() > 0}>
          <Button onClick={() => props.settings.discard()}>{t("settings.discard")}</Button>
        </Show>
        <Button tone="primary" type="submit" disabled={count() === 0}>
          {t("settings.review")}
        </Button>
      </div>
    </div>
  );
}

/** The settings of the gateway: edited, reviewed, and saved as one new version. */
export function SettingsPanel() {
  const settings = createSettings();
  const [isReviewing, setReviewing] = createSignal(false);

  async function save() {
    if (!(await settings.save())) return;
    setReviewing(false);
    notify({ tone: "ok", text: t("settings.saved") });
  }
  function discard() {
    settings.discard();
    setReviewing(false);
  }

  return (
    <Show
      when={settings.draft()}
      fallback={
        <Show when={settings.error()} fallback={<Loading />}>
          <ErrorNotice error={settings.error()} />
        </Show>
      }
    >
      <May do="updateSettings" fallback={<Values settings={settings} />}>
        <Form roomy onSubmit={() => setReviewing(true)}>
          <Groups settings={settings} />
          <Bar settings={settings} />
        </Form>
        <ReviewDialog
          open={isReviewing()}
          settings={settings}
          onSave={() => void save()}
          onDiscard={discard}
          onClose={() => setReviewing(false)}
        />
        <LeaveDialog isDirty={settings.changed().length > 0} />
      </May>
    </Show>
  );
}
