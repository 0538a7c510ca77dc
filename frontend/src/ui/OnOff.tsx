import type { GuardedMutation } from "../graphql/roles";
import { requiredRole } from "../graphql/roles";
import { t } from "../i18n";

/** The state of a switch in a word, for those who may not switch it. */
export function OnOff(props: { label: string; checked: boolean; do: GuardedMutation }) {
  const reason = () => {
    const role = requiredRole(props.do);
    return role && t(`roles.${role}.only`);
  };
  return (
    <span class="text-sm whitespace-nowrap text-muted" title={reason()}>
      <span class="sr-only">{props.label}: </span>
      {props.checked ? t("common.on") : t("common.off")}
    </span>
  );
}
