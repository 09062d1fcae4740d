import { EmailChanged, EmailChangeRefused } from '../accounts/account/messages.ts';
import { ClaimLogin } from '../accounts/login/messages.ts';
import { rejectionFrom } from '../kernel/message.ts';
import { isRecorded } from '../kernel/reaction.ts';
import { workflow } from '../kernel/workflow.ts';

/** Another address from its login to the account, whose own stream may refuse: then the login is let go. */
export const changeEmail = workflow({
  command: ClaimLogin,
  reads: {},
  precondition: () => undefined,
  refuses: () => false,
  outcome(events) {
    for (const event of events) {
      if (isRecorded(event, EmailChanged)) return 'accepted';
      if (isRecorded(event, EmailChangeRefused))
        return rejectionFrom(ClaimLogin.rejections, event.data.reason);
    }
    return 'pending';
  },
});
