import { Show } from "solid-js";
import { t } from "../../i18n";
import { formatUsd } from "../../lib/format";

/** The price of a million input and output tokens, or that it is unknown. */
export function PriceTag(props: {
  price: { inputPerMillion: string; outputPerMillion: string } | null | undefined;
}) {
  return (
    <Show when={props.price} fallback={<span class="text-faint">{t("models.unpriced")}</span>}>
      {(price) => (
        <span class="whitespace-nowrap" title={t("models.perMillion")}>
          {formatUsd(price().inputPerMillion)} / {formatUsd(price().outputPerMillion)}
        </span>
      )}
    </Show>
  );
}
