import { Show } from "solid-js";
import type { FreshSecret } from "../../connect/SecretDialog";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import { formatDay } from "../../lib/format";
import { Badge } from "../../ui/Badge";
import { Ago } from "../../ui/Moment";
import { roleWords } from "../../ui/roles";
import { AdminActions } from "./AdminActions";
import { words } from "./words";

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
            <Badge tone="accent">{words().you}</Badge>
          </Show>
          <Badge tone="plain">{roleWords()[admin().role][0]}</Badge>
          <Show when={admin().secondFactorSince}>
            <Badge tone="ok" title={words().secondFactorHint}>
              {words().secondFactor}
            </Badge>
          </Show>
          <Show when={admin().invitedUntil}>
            <Badge tone="info">{words().invited}</Badge>
          </Show>
          <Show when={!admin().enabled}>
            <Badge tone="warn">{words().disabled}</Badge>
          </Show>
        </p>
        <p class="text-sm text-muted">
          <Show
            when={admin().invitedUntil}
            fallback={
              <Show when={admin().signedInAt} fallback={words().signedInNever}>
                {(at) => (
                  <>
                    {words().signedIn} <Ago at={at()} />
                  </>
                )}
              </Show>
            }
          >
            {(until) => (
              <>
                {words().invitedUntil} {formatDay(until())}
              </>
            )}
          </Show>
        </p>
      </div>
      <AdminActions admin={admin()} onLink={props.onLink} />
    </li>
  );
}
