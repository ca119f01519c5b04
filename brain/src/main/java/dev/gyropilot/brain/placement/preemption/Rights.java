package dev.gyropilot.brain.placement.preemption;

/** Whether work may be stopped, given what else is to be stopped already. */
public interface Rights {
    /** Everything offered may be stopped. */
    Rights ALL = new Rights() {
        @Override
        public boolean allows(Victim victim) {
            return true;
        }

        @Override
        public void take(Victim victim) {}

        @Override
        public void giveBack(Victim victim) {}
    };

    boolean allows(Victim victim);

    /** It is to be stopped. */
    void take(Victim victim);

    /** It is not to be stopped after all. */
    void giveBack(Victim victim);
}
