import { createMutation } from "@urql/solid";
import { Show } from "solid-js";
import { errorCode } from "../../graphql/errors";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import { Button } from "../../ui/Button";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { SelectField, TextField } from "../../ui/Field";
import { Form } from "../../ui/Form";
import { ConflictNotice } from "./ConflictNotice";
import { ABORT_POLICIES, inMebibytes, readSettings } from "./values";

const SettingsValuesFragment = graphql(`
  fragment SettingsValues on Settings {
    version
    abortPolicy
    drainSeconds
    drainBytes
    drainConcurrency
    maxBodyBytes
  }
`);

const UpdateSettingsMutation = graphql(`
  mutation UpdateSettings($input: UpdateSettingsInput!, $expectedVersion: Int!) {
    updateSettings(input: $input, expectedVersion: $expectedVersion) {
      settings {
        version
      }
    }
  }
`);

type SettingsFormProps = {
  settings: FragmentType<typeof SettingsValuesFragment>;
  isSaved: boolean;
  onSaved: () => void;
  onReload: () => void;
};

/** Shows one version of the settings and replaces exactly that one. */
export function SettingsForm(props: SettingsFormProps) {
  const settings = () => readFragment(SettingsValuesFragment, props.settings);
  const [change, update] = createMutation(UpdateSettingsMutation);

  async function submit(form: FormData) {
    const expectedVersion = settings().version;
    const result = await update({ input: readSettings(form), expectedVersion });
    if (!result.error) props.onSaved();
  }

  return (
    <Form roomy onSubmit={(form) => void submit(form)}>
      <div class="grid gap-5 md:grid-cols-2">
        <SelectField
          label="When a client leaves before the end"
          name="abortPolicy"
          value={settings().abortPolicy}
          options={ABORT_POLICIES}
          hint="Reading on costs the rest of the answer, but counts its tokens exactly."
        />
        <TextField
          label="Read on for at most (seconds)"
          name="drainSeconds"
          type="number"
          min="0"
          required
          value={settings().drainSeconds}
        />
        <TextField
          label="Read on for at most (MiB)"
          name="drainBytes"
          type="number"
          min="0"
          step="any"
          required
          value={inMebibytes(settings().drainBytes)}
        />
        <TextField
          label="Answers read on at the same time"
          name="drainConcurrency"
          type="number"
          min="0"
          required
          value={settings().drainConcurrency}
        />
        <TextField
          label="Largest request (MiB)"
          name="maxBodyBytes"
          type="number"
          min="0"
          step="any"
          required
          value={inMebibytes(settings().maxBodyBytes)}
          hint="Larger ones are refused with status 413."
        />
      </div>
      <Show
        when={errorCode(change.error) === "CONFLICT"}
        fallback={<ErrorNotice error={change.error} />}
      >
        <ConflictNotice onReload={props.onReload} />
      </Show>
      <div class="flex flex-wrap items-center gap-3">
        <Button tone="primary" type="submit" pending={change.fetching}>
          Save settings
        </Button>
        <span class="text-sm text-muted" role="status">
          {props.isSaved ? "Saved. " : ""}Version {settings().version}
        </span>
      </div>
    </Form>
  );
}
