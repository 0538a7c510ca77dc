import { ChannelList, DeliveryList, RuleList } from "../../features/notifications";

/** Who is told of what, and how. */
export default function Notifications() {
  return (
    <>
      <ChannelList />
      <RuleList />
      <DeliveryList />
    </>
  );
}
