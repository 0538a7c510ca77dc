import { createMutation } from "@urql/solid";
import type { FreshKey } from "../../connect/KeySecretDialog";
import { graphql } from "../../graphql/generated";
import { readText } from "../../lib/form";
import { Button } from "../../ui/Button";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { SelectField } from "../../ui/Field";
import { Form } from "../../ui/Form";
import { words } from "./words";

const RotateApiKeyMutation = graphql(`
  mutation RotateApiKey($id: ID!, $graceSeconds: Int!) {
    rotateApiKey(id: $id, graceSeconds: $graceSeconds) {
      apiKey {
        id
      }
      replaced {
        id
        state
      }
      secret
    }
  }
`);

const HOUR = 3600;

/** How long the old key may work on. */
const graces = () => [
  { value: "0", label: words().graces.now },
  { value: String(HOUR), label: words().graces.hour },
  { value: String(24 * HOUR), label: words().graces.day },
  { value: String(7 * 24 * HOUR), label: words().graces.week },
];

type RotateKeyDialogProps = {
  apiKey: { id: string; name: string };
  open: boolean;
  onClose: () => void;
  onFresh: (fresh: FreshKey) => void;
};

/** Replaces a key by a new one; both work until the grace is over. */
export function RotateKeyDialog(props: RotateKeyDialogProps) {
  const [rotation, rotate] = createMutation(RotateApiKeyMutation);

  async function submit(form: FormData) {
    const { id, name } = props.apiKey;
    const { data } = await rotate({ id, graceSeconds: Number(readText(form, "grace")) });
    if (!data) return;
    props.onClose();
    const { apiKey, secret } = data.rotateApiKey;
    props.onFresh({ title: words().rotated(name), secret, apiKeyId: apiKey.id });
  }

  return (
    <Dialog
      open={props.open}
      onClose={props.onClose}
      title={words().rotateTitle(props.apiKey.name)}
      description={words().rotateHint}
    >
      <Form onSubmit={(form) => void submit(form)}>
        <SelectField
          label={words().grace}
          name="grace"
          value={String(24 * HOUR)}
          options={graces()}
          hint={words().graceHint}
        />
        <ErrorNotice error={rotation.error} />
        <DialogActions>
          <Button onClick={() => props.onClose()}>{words().cancel}</Button>
          <Button tone="primary" type="submit" pending={rotation.fetching}>
            {words().rotate}
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  );
}
