import { createQuery } from "@urql/solid";
import { createMemo } from "solid-js";
import { graphql } from "../graphql/generated";
import { t } from "../i18n";
import { LocalChoice, type SearchOption } from "../ui/SearchChoice";

const PickModelsDocument = graphql(`
  query PickModels {
    models {
      name
    }
  }
`);

const PickUsedModelsDocument = graphql(`
  query PickUsedModels {
    usage(range: { preset: ALL }) {
      breakdown(by: MODEL, orderBy: REQUESTS, first: 200) {
        key
      }
    }
  }
`);

/** The pattern for names that begin with a text. */
function beginningWith(text: string): SearchOption | undefined {
  if (text.includes("*")) return { value: text, label: t("common.matching", { pattern: text }) };
  return { value: `${text}*`, label: t("common.beginningWith", { text }) };
}

type ModelPickerProps = {
  label: string;
  value: string | undefined;
  /** Whether a pattern can be chosen as well as a name. */
  patterns?: boolean;
  onChoose: (model: string | undefined) => void;
};

/** A choice among the models that can be used now and those that were used. */
export function ModelPicker(props: ModelPickerProps) {
  // Apart from each other: there are no models while the engine does not run.
  const [models] = createQuery({ query: PickModelsDocument });
  const [used] = createQuery({ query: PickUsedModelsDocument });
  const names = createMemo(() => {
    const known = (models.data?.models ?? []).map(({ name }) => name);
    const before = (used.data?.usage.breakdown ?? []).map(({ key }) => key);
    const chosen = props.value ? [props.value] : [];
    return [...new Set([...chosen, ...known, ...before])].filter(Boolean).toSorted();
  });
  return (
    <LocalChoice
      label={props.label}
      all={t("common.allModels")}
      value={props.value}
      options={names().map((name) => ({ value: name, label: name }))}
      other={props.patterns ? beginningWith : undefined}
      onChoose={props.onChoose}
    />
  );
}
