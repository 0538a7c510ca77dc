import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { readOptional, readText } from "../../lib/form";
import { Dialog } from "../../ui/Dialog";
import { SelectField, TextField } from "../../ui/Field";
import { MutationForm } from "../../ui/MutationDialog";
import { providerOptions, readProvider } from "../../ui/providers";
import { notify } from "../../ui/Toaster";
import { Money } from "./Money";
import { PriceConditions } from "./PriceConditions";
import { readConditions } from "./readConditions";

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

function Amounts() {
  const like = (other: string) => t("prices.like", { other: other.toLowerCase() });
  return (
    <div class="grid items-start gap-4 sm:grid-cols-2">
      <Money label={t("usage.kinds.input")} name="input" required />
      <Money label={t("usage.kinds.output")} name="output" required />
      <Money
        label={t("usage.kinds.cacheRead")}
        name="cacheRead"
        hint={like(t("usage.kinds.input"))}
      />
      <Money
        label={t("usage.kinds.cacheWrite")}
        name="cacheWrite"
        hint={like(t("usage.kinds.input"))}
      />
      <Money
        label={t("usage.kinds.reasoning")}
        name="reasoning"
        hint={like(t("usage.kinds.output"))}
      />
      <Money label={t("prices.perRequest")} name="perRequest" />
    </div>
  );
}

function PriceForm(props: { model: string | undefined; onClose: () => void }) {
  const [creation, create] = createMutation(CreatePriceMutation);

  async function submit(form: FormData) {
    const input = {
      modelPattern: readText(form, "modelPattern"),
      provider: readProvider(readText(form, "provider")) ?? null,
      inputPerMillion: readText(form, "input"),
      outputPerMillion: readText(form, "output"),
      cacheReadPerMillion: readOptional(form, "cacheRead"),
      cacheWritePerMillion: readOptional(form, "cacheWrite"),
      reasoningPerMillion: readOptional(form, "reasoning"),
      perRequest: readOptional(form, "perRequest"),
      effectiveFrom: readStart(form),
      source: readOptional(form, "source"),
      ...readConditions(form),
    };
    const { data } = await create({ input }, { additionalTypenames: ["Price"] });
    if (!data) return;
    props.onClose();
    notify({
      tone: "ok",
      text: t("prices.saved", { pattern: data.createPrice.price.modelPattern }),
    });
  }

  return (
    <MutationForm
      mutation={creation}
      submit={t("prices.set")}
      onSubmit={(form) => void submit(form)}
      onClose={props.onClose}
    >
      <div class="grid items-start gap-4 sm:grid-cols-2">
        <TextField
          label={t("prices.patternField")}
          name="modelPattern"
          value={props.model ?? ""}
          hint={t("prices.patternHint")}
          autocomplete="off"
          required
          autofocus
        />
        <SelectField
          label={t("common.provider")}
          name="provider"
          value=""
          options={[{ value: "", label: t("common.allProviders") }, ...providerOptions()]}
        />
      </div>
      <Amounts />
      <PriceConditions />
      <div class="grid items-start gap-4 sm:grid-cols-2">
        <TextField
          label={t("prices.begins")}
          name="effectiveOn"
          type="date"
          hint={t("prices.beginsHint")}
        />
        <TextField label={t("prices.sourceField")} name="source" />
      </div>
      <p class="text-sm text-muted">{t("prices.free")}</p>
    </MutationForm>
  );
}

/** Asks for a new price, which begins to hold now or later. */
export function PriceDialog(props: {
  open: boolean;
  /** The model that the form begins with. */
  model?: string | undefined;
  onClose: () => void;
}) {
  return (
    <Dialog
      wide
      open={props.open}
      title={t("prices.add")}
      description={t("prices.addHint")}
      onClose={props.onClose}
    >
      <PriceForm model={props.model} onClose={props.onClose} />
    </Dialog>
  );
}
