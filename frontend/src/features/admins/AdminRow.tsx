import { Show } from "solid-js";
import type { FreshSecret } from "../../connect/SecretDialog";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import { t } from "../../i18n";
import { formatDay } from "../../lib/format";
import { Badge } from "../../ui/Badge";
import { Ago } from "../../ui/Moment";
import { AdminActions } from "./AdminActions";

const AdminRowFragment = graphql(`
  fragment AdminRow on Admin {
    id
    username
    role
    enabled
    invitedUntil
    signedInAt
    secondFactorSince
    ...AdminActions
  }
`);

/** One administrator in the list. */
export function AdminRow(props: {
  admin: FragmentType<typeof AdminRowFragment>;
  isOwn: boolean;
  onLink: (link: FreshSecret) => void;
}) {
  const admin = () => readFragment(AdminRowFragment, props.admin);
  return (
    <li class="flex flex-wrap items-center justify-between gap-3 px-4 py-3 sm:px-5">
      <div class="min-w-0">
        <p class="flex flex-wrap items-center gap-2 font-medium">
          {admin().username}
          <Show when={props.isOwn}>
            <Badge tone="accent">{t("admins.you")}</Badge>
          </Show>
          <Badge tone="plain">{t(`roles.${admin().role}.label`)}</Badge>
          <Show when={admin().secondFactorSince}>
            <Badge tone="ok" title={t("admins.secondFactorHint")}>
              {t("admins.secondFactor")}
            </Badge>
          </Show>
          <Show when={admin().invitedUntil}>
            <Badge tone="info">{t("admins.invited")}</Badge>
          </Show>
          <Show when={!admin().enabled}>
            <Badge tone="warn">{t("admins.disabled")}</Badge>
          </Show>
        </p>
        <p class="text-sm text-muted">
          <Show
            when={admin().invitedUntil}
            fallback={
              <Show when={admin().signedInAt} fallback={t("admins.signedInNever")}>
                {(at) => (
                  <>
                    {t("admins.signedIn")} <Ago at={at()} />
                  </>
                )}
              </Show>
            }
          >
            {(until) => (
              <>
                {t("admins.invitedUntil")} {formatDay(until())}
              </>
            )}
          </Show>
        </p>
      </div>
      <AdminActions admin={admin()} onLink={props.onLink} />
    </li>
  );
}
