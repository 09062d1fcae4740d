import { AccountRefused, AccountRegistered } from '../accounts/account/messages.ts';
import { Register } from '../accounts/login/messages.ts';
import { rejectionFrom } from '../kernel/message.ts';
import { isRecorded } from '../kernel/reaction.ts';
import { workflow } from '../kernel/workflow.ts';

/** A registration from its login to its account, whose own stream may refuse: then the login is let go. */
export const register = workflow({
  command: Register,
  reads: {},
  precondition: () => undefined,
  refuses: () => false,
  outcome(events) {
    for (const event of events) {
      if (isRecorded(event, AccountRegistered)) return 'accepted';
      if (isRecorded(event, AccountRefused)) return rejectionFrom(Register.rejections, event.data.reason);
    }
    return 'pending';
  },
});
