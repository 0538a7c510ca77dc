import { createMutation } from "@urql/solid";
import { graphql } from "../../graphql/generated";
import { readOptional, readText } from "../../lib/form";
import { Button } from "../../ui/Button";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { SelectField, TextField } from "../../ui/Field";
import { Form } from "../../ui/Form";
import { PROVIDER_KINDS, PROVIDERS } from "../../ui/providers";
import { notify } from "../../ui/Toaster";
import { words as common } from "../../ui/words";
import { words } from "./priceWords";

const CreatePriceMutation = graphql(`
  mutation CreatePrice($input: CreatePriceInput!) {
    createPrice(input: $input) {
      price {
        id
        modelPattern
      }
    }
  }
`);

function readStart(form: FormData): string | null {
  const day = readText(form, "effectiveOn");
  return day ? new Date(`${day}T00:00:00`).toISOString() : null;
}

function Money(props: { label: string; name: string; hint?: string; required?: boolean }) {
  return (
    <TextField
      label={props.label}
      name={props.name}
      hint={props.hint}
      required={props.required ?? false}
      type="number"
      min="0"
      step="any"
      inputmode="decimal"
      placeholder="$"
    />
  );
}

function Amounts() {
  const like = (other: string) => words().like(other.toLowerCase());
  return (
    <div class="grid items-start gap-4 sm:grid-cols-2">
      <Money label={words().input} name="input" required />
      <Money label={words().output} name="output" required />
      <Money label={words().cacheReadField} name="cacheRead" hint={like(words().input)} />
      <Money label={words().cacheWriteField} name="cacheWrite" hint={like(words().input)} />
      <Money label={words().reasoning} name="reasoning" hint={like(words().output)} />
      <Money label={words().perRequestField} name="perRequest" />
    </div>
  );
}

function PriceForm(props: { onClose: () => void }) {
  const [creation, create] = createMutation(CreatePriceMutation);

  async function submit(form: FormData) {
    const input = {
      modelPattern: readText(form, "modelPattern"),
      provider: PROVIDER_KINDS.find((kind) => kind === readText(form, "provider")) ?? null,
      inputPerMillion: readText(form, "input"),
      outputPerMillion: readText(form, "output"),
      cacheReadPerMillion: readOptional(form, "cacheRead"),
      cacheWritePerMillion: readOptional(form, "cacheWrite"),
      reasoningPerMillion: readOptional(form, "reasoning"),
      perRequest: readOptional(form, "perRequest"),
      effectiveFrom: readStart(form),
      source: readOptional(form, "source"),
    };
    const { data } = await create({ input }, { additionalTypenames: ["Price"] });
    if (!data) return;
    props.onClose();
    notify({ tone: "ok", text: words().saved(data.createPrice.price.modelPattern) });
  }

  return (
    <Form onSubmit={(form) => void submit(form)}>
      <div class="grid items-start gap-4 sm:grid-cols-2">
        <TextField
          label={words().patternField}
          name="modelPattern"
          hint={words().patternHint}
          autocomplete="off"
          required
          autofocus
        />
        <SelectField
          label={words().provider}
          name="provider"
          value=""
          options={[
            { value: "", label: words().every },
            ...PROVIDER_KINDS.map((kind) => ({ value: kind, label: PROVIDERS[kind].name })),
          ]}
        />
      </div>
      <Amounts />
      <div class="grid items-start gap-4 sm:grid-cols-2">
        <TextField
          label={words().beginsOn}
          name="effectiveOn"
          type="date"
          hint={words().beginsHint}
        />
        <TextField label={words().sourceField} name="source" />
      </div>
      <p class="text-sm text-muted">{words().free}</p>
      <ErrorNotice error={creation.error} />
      <DialogActions>
        <Button onClick={() => props.onClose()}>{common().cancel}</Button>
        <Button tone="primary" type="submit" pending={creation.fetching}>
          {words().set}
        </Button>
      </DialogActions>
    </Form>
  );
}

/** Asks for a new price, which begins to hold now or later. */
export function PriceDialog(props: { open: boolean; onClose: () => void }) {
  return (
    <Dialog
      wide
      open={props.open}
      title={words().add}
      description={words().addHint}
      onClose={props.onClose}
    >
      <PriceForm onClose={props.onClose} />
    </Dialog>
  );
}
