import { createQuery } from "@urql/solid";
import { Show } from "solid-js";
import { graphql } from "../../graphql/generated";
import { t } from "../../i18n";
import { formatShare } from "../../lib/format";
import { Notice } from "../../ui/Notice";
import type { UsageChoices } from "./createUsageSearch";

const UsageReconciliationQuery = graphql(`
  query UsageReconciliation($range: UsageRange, $zone: String!) {
    usageReconciliation(range: $range, timezone: $zone) {
      matched
      mismatched
      wireOnly
      engineOnly
      unknown
    }
  }
`);

/** Says how far the two sources of usage agree, which are counted apart from each other. */
export function Reconciliation(props: { choices: UsageChoices }) {
  const [answer] = createQuery({
    query: UsageReconciliationQuery,
    variables: () => ({ range: props.choices.range(), zone: props.choices.zone() }),
  });
  const books = () => answer.data?.usageReconciliation;
  const told = () => (books()?.matched ?? 0) + (books()?.mismatched ?? 0);
  const oneSided = () => (books()?.wireOnly ?? 0) + (books()?.engineOnly ?? 0);
  return (
    <Show when={books() && told() > 0 && books()}>
      {(known) => (
        <Notice tone={known().mismatched > 0 ? "warn" : "ok"}>
          {t("usage.agree", { share: formatShare(known().matched / told()) })}{" "}
          <Show when={known().mismatched > 0}>
            {t("usage.differ", { count: known().mismatched })}{" "}
          </Show>
          <Show when={oneSided() > 0}>{t("usage.oneSided", { count: oneSided() })}</Show>
        </Notice>
      )}
    </Show>
  );
}
