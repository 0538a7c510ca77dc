import { t } from "../i18n";

/** An unknown value. It is never shown as zero. */
export function Unknown(props: { why?: string }) {
  return (
    <span class="text-faint" title={props.why ?? t("common.unknown")}>
      <span aria-hidden="true">–</span>
      <span class="sr-only">{t("common.unknown")}</span>
    </span>
  );
}
