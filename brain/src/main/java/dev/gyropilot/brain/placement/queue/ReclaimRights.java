package dev.gyropilot.brain.placement.queue;

import dev.gyropilot.brain.placement.preemption.Rights;
import dev.gyropilot.brain.placement.preemption.Victim;
import dev.gyropilot.brain.placement.queue.QueueRules.Reclaim;
import java.util.Map;

/**
 * What may be stopped for a job: work of its own queue with lower priority, and work of queues that use more than their
 * guarantee, as long as the job's side of the tree stays within its own. A queue is never pushed below its guarantee. Work
 * without a queue may be stopped for a guarantee when it holds devices.
 */
final class ReclaimRights implements Rights {
    private final QueueTree tree;
    private final Job job;
    private final int queue;
    private final Map<String, Running> running;

    /** @param tree a copy that this may change */
    ReclaimRights(QueueTree tree, Job job, Map<String, Running> running) {
        this.tree = tree;
        this.job = job;
        this.queue = tree.indexOf(job.queue());
        this.running = running;
    }

    @Override
    public boolean allows(Victim victim) {
        Running work = running.get(victim.id());
        if (work == null || !work.stoppable() || work.stopping() || !job.mayPreempt()) {
            return false;
        }
        int theirs = tree.indexOf(work.queue());
        if (theirs == queue || theirs == QueueTree.TOP) {
            return theirs == queue
                    && work.priority() < job.priority()
                    && tree.rules(queue).preemptsWithin();
        }
        return reclaims(work, theirs);
    }

    private boolean reclaims(Running work, int theirs) {
        Reclaim policy = tree.rules(queue).reclaim();
        if (policy == Reclaim.NEVER
                || (policy == Reclaim.LOWER_PRIORITY && work.priority() >= job.priority())
                || (theirs == 0 && work.amount().deviceMillis() == 0)) {
            return false;
        }
        int ours = queue;
        while (ours != QueueTree.TOP && !isAbove(tree.parent[ours], theirs)) {
            ours = tree.parent[ours];
        }
        return ours != QueueTree.TOP && staysWithin(ours) && isOver(theirs, tree.parent[ours], work);
    }

    private boolean isAbove(int ancestor, int q) {
        for (int at = q; at != QueueTree.TOP; at = tree.parent[at]) {
            if (tree.parent[at] == ancestor) {
                return true;
            }
        }
        return false;
    }

    private boolean staysWithin(int q) {
        boolean guaranteed = false;
        for (int r = 0; r < Amount.RESOURCES; r++) {
            long asked = job.demand().of(r);
            long guarantee = tree.rules(q).guaranteed().of(r);
            if (asked > 0 && guarantee >= 0) {
                if (asked > guarantee - tree.usage(q, r)) {
                    return false;
                }
                guaranteed = true;
            }
        }
        return guaranteed;
    }

    /** Whether each queue from theirs up to the common one borrows something that the job needs. */
    private boolean isOver(int theirs, int common, Running work) {
        for (int q = theirs; q != common; q = tree.parent[q]) {
            boolean over = false;
            for (int r = 0; r < Amount.RESOURCES; r++) {
                long guarantee = tree.rules(q).guaranteed().of(r);
                over |= job.demand().of(r) > 0
                        && work.amount().of(r) > 0
                        && guarantee >= 0
                        && borrows(tree.usage(q, r), work.amount().of(r), guarantee);
            }
            if (!over) {
                return false;
            }
        }
        return true;
    }

    /** The queue keeps its guarantee without this work, or the work alone is more than the guarantee. */
    private static boolean borrows(long used, long amount, long guarantee) {
        return used - amount >= guarantee || (used > guarantee && amount > guarantee);
    }

    @Override
    public void take(Victim victim) {
        charge(victim, -1);
    }

    @Override
    public void giveBack(Victim victim) {
        charge(victim, 1);
    }

    private void charge(Victim victim, int sign) {
        Running work = running.get(victim.id());
        if (work != null) {
            tree.charge(work.queue(), work.amount(), sign);
        }
    }
}
