import type { ApiKeyState } from "../graphql/generated/graphql";
import { t } from "../i18n";
import { Badge, type BadgeTone } from "../ui/Badge";

const TONES: Record<ApiKeyState, BadgeTone> = { ACTIVE: "ok", EXPIRED: "warn", REVOKED: "plain" };

/** The state of a key. */
export function KeyBadge(props: { state: ApiKeyState }) {
  return <Badge tone={TONES[props.state]}>{t(`keys.states.${props.state}`)}</Badge>;
}
