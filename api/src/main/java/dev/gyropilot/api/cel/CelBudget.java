package dev.gyropilot.api.cel;

/** What evaluations may cost in all, in Kubernetes' units. Not thread-safe. */
public final class CelBudget {
    /** As Kubernetes allows for one expression. */
    public static final long STEPS_PER_EXPRESSION = 1_000_000;

    /** As Kubernetes allows for all rules on one object. */
    public static final long STEPS_PER_OBJECT = 10_000_000;

    private long left;

    public CelBudget(long steps) {
        left = steps;
    }

    /** The budget for all rules on one object. */
    public static CelBudget perObject() {
        return new CelBudget(STEPS_PER_OBJECT);
    }

    public boolean exhausted() {
        return left < 0;
    }

    void spend(long steps) {
        left -= steps;
    }

    /** What may still be spent; negative when more was spent than there was. */
    public long left() {
        return left;
    }
}
