import Bell from "lucide-solid/icons/bell";
import Bot from "lucide-solid/icons/bot";
import Boxes from "lucide-solid/icons/boxes";
import ChartColumn from "lucide-solid/icons/chart-column";
import Cpu from "lucide-solid/icons/cpu";
import FlaskConical from "lucide-solid/icons/flask-conical";
import Gauge from "lucide-solid/icons/gauge";
import KeyRound from "lucide-solid/icons/key-round";
import Layers from "lucide-solid/icons/layers";
import List from "lucide-solid/icons/list";
import Plug from "lucide-solid/icons/plug";
import ScrollText from "lucide-solid/icons/scroll-text";
import Settings from "lucide-solid/icons/settings";
import Terminal from "lucide-solid/icons/terminal";
import Users from "lucide-solid/icons/users";
import type { GuardedMutation } from "../graphql/roles";
import type { KeyUnder, PlainKey } from "../i18n";

/** A target of the navigation. */
export type Place = {
  path: string;
  name: KeyUnder<"shell.places">;
  icon: typeof Gauge;
  /** Whether it is in the bottom bar of a small screen; the others are behind "More". */
  near?: boolean;
};

/** The groups of the navigation. */
export type Group = { name: KeyUnder<"shell.groups">; places: Place[] };

/** The navigation of administrators. */
export const GROUPS: Group[] = [
  {
    name: "watch",
    places: [
      { path: "/", name: "overview", icon: Gauge, near: true },
      { path: "/alerts", name: "alerts", icon: Bell },
      { path: "/requests", name: "requests", icon: List, near: true },
      { path: "/agent-sessions", name: "agentSessions", icon: Bot },
      { path: "/usage", name: "usage", icon: ChartColumn, near: true },
    ],
  },
  {
    name: "serve",
    places: [
      { path: "/users", name: "users", icon: Users, near: true },
      { path: "/keys", name: "keys", icon: KeyRound },
      { path: "/providers", name: "providers", icon: Plug },
      { path: "/account-groups", name: "accountGroups", icon: Layers },
      { path: "/models", name: "models", icon: Boxes },
      { path: "/playground", name: "playground", icon: FlaskConical },
    ],
  },
  {
    name: "run",
    places: [
      { path: "/engine", name: "engine", icon: Cpu },
      { path: "/audit", name: "audit", icon: ScrollText },
      { path: "/settings", name: "settings", icon: Settings },
    ],
  },
];

/** A page below a place of the navigation, which is found by its name. */
export type Subpage = {
  path: string;
  name: PlainKey;
  of: Place["name"];
  /** The mutation of those who may open it; everyone without one. */
  do?: GuardedMutation;
};

/** The pages below those of the navigation. */
export const SUBPAGES: readonly Subpage[] = [
  { path: "/users/groups", name: "userGroups.groups", of: "users" },
  { path: "/models/aliases", name: "pages.models.aliases", of: "models" },
  { path: "/models/prices", name: "pages.models.prices", of: "models" },
  { path: "/models/resolve", name: "pages.models.resolve", of: "models" },
  { path: "/engine/updates", name: "engine.updates.title", of: "engine" },
  {
    path: "/settings/admins",
    name: "pages.settings.admins",
    of: "settings",
    do: "createAdmin",
  },
  { path: "/settings/notifications", name: "pages.settings.notifications", of: "settings" },
  {
    path: "/settings/backups",
    name: "pages.settings.backups",
    of: "settings",
    do: "createBackup",
  },
  {
    path: "/settings/tokens",
    name: "pages.settings.tokens",
    of: "settings",
    do: "createApiToken",
  },
  { path: "/settings/sessions", name: "pages.settings.sessions", of: "settings" },
  { path: "/settings/password", name: "pages.settings.password", of: "settings" },
];

/** The navigation of end users. */
export const OWN_GROUPS: Group[] = [
  {
    name: "own",
    places: [
      { path: "/me", name: "ownUsage", icon: ChartColumn, near: true },
      { path: "/me/requests", name: "requests", icon: List, near: true },
      { path: "/me/agent-sessions", name: "agentSessions", icon: Bot },
      { path: "/me/keys", name: "ownKeys", icon: KeyRound, near: true },
      { path: "/me/models", name: "models", icon: Boxes },
      { path: "/me/connect", name: "connect", icon: Terminal, near: true },
    ],
  },
];

/** Whether a place is an index page, whose path is a prefix of other paths. */
export function isRoot(place: Place): boolean {
  return place.path === "/" || place.path === "/me";
}
