import type { JSX } from "solid-js";
import { May } from "../graphql/may";
import { type GuardedMutation, requiredRole } from "../graphql/roles";
import { t } from "../i18n";
import { EmptyState } from "./EmptyState";

/** A page for those who may send the mutation. Others read whom it is for. */
export function Reserved(props: { do: GuardedMutation; children: JSX.Element }) {
  const role = () => requiredRole(props.do) ?? "OWNER";
  return (
    <May
      do={props.do}
      fallback={<EmptyState title={t(`roles.${role()}.page`)}>{t("roles.pageHint")}</EmptyState>}
    >
      {props.children}
    </May>
  );
}
