package dev.gyropilot.scheduler.groups;

import dev.gyropilot.brain.placement.gang.Group.Level;
import java.util.List;

/**
 * A gang as an object describes it.
 *
 * @param size how many have to run together at least
 * @param queue empty when it names none
 */
public record GroupSpec(int size, String queue, List<Level> levels) {
    public GroupSpec {
        levels = List.copyOf(levels);
    }
}
