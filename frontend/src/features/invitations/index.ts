export { InvitationList } from "./InvitationList";
