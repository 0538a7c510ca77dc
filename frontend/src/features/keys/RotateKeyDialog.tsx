import { createMutation } from "@urql/solid";
import type { FreshSecret } from "../../connect/SecretDialog";
import { graphql } from "../../graphql/generated";
import { readText } from "../../lib/form";
import { Button } from "../../ui/Button";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { SelectField } from "../../ui/Field";
import { Form } from "../../ui/Form";

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
const GRACES = [
  { value: "0", label: "at once" },
  { value: String(HOUR), label: "in an hour" },
  { value: String(24 * HOUR), label: "in a day" },
  { value: String(7 * 24 * HOUR), label: "in a week" },
];

type RotateKeyDialogProps = {
  apiKey: { id: string; name: string };
  open: boolean;
  onClose: () => void;
  onFresh: (fresh: FreshSecret) => void;
};

/** Replaces a key by a new one; both work until the grace is over. */
export function RotateKeyDialog(props: RotateKeyDialogProps) {
  const [rotation, rotate] = createMutation(RotateApiKeyMutation);

  async function submit(form: FormData) {
    const { id, name } = props.apiKey;
    const { data } = await rotate({ id, graceSeconds: Number(readText(form, "grace")) });
    if (!data) return;
    props.onClose();
    props.onFresh({ title: `New key for “${name}”`, secret: data.rotateApiKey.secret });
  }

  return (
    <Dialog
      open={props.open}
      onClose={props.onClose}
      title={`Rotate “${props.apiKey.name}”`}
      description="You get a new key with the same name and limits."
    >
      <Form onSubmit={(form) => void submit(form)}>
        <SelectField
          label="The old key stops working"
          name="grace"
          value={String(24 * HOUR)}
          options={GRACES}
          hint="Until then both work, so nothing breaks while you put the new one in place."
        />
        <ErrorNotice error={rotation.error} />
        <DialogActions>
          <Button onClick={() => props.onClose()}>Cancel</Button>
          <Button tone="primary" type="submit" pending={rotation.fetching}>
            Rotate
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  );
}
