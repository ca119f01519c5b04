package dev.gyropilot.brain.placement.packing;

import java.util.Arrays;
import java.util.List;

/** What is free on each host, in columns. Changes in place; one thread at a time. */
public final class Fleet {
    final List<Host> hosts;
    final long[] cpu;
    final long[] memory;

    /** Thousandths of each device. */
    final int[][] free;

    /** Counts the changes of a host, so that what was computed about it can be kept until the next. */
    final int[] version;

    public Fleet(List<Host> hosts) {
        this.hosts = List.copyOf(hosts);
        int size = hosts.size();
        cpu = new long[size];
        memory = new long[size];
        free = new int[size][];
        version = new int[size];
        for (int h = 0; h < size; h++) {
            Host host = hosts.get(h);
            cpu[h] = host.cpuMillis();
            memory[h] = host.memory();
            free[h] = new int[host.devices()];
            Arrays.fill(free[h], Need.WHOLE);
        }
    }

    public int size() {
        return hosts.size();
    }

    public Host host(int index) {
        return hosts.get(index);
    }

    public long freeCpuMillis(int host) {
        return cpu[host];
    }

    /** Thousandths of the devices of a host, together. */
    public int freeShares(int host) {
        int sum = 0;
        for (int share : free[host]) {
            sum += share;
        }
        return sum;
    }

    /** Thousandths of one device. */
    public int freeShare(int host, int device) {
        return free[host][device];
    }

    public boolean fits(Need need, int host) {
        return cpu[host] >= need.cpuMillis()
                && memory[host] >= need.memory()
                && (need.types().isEmpty()
                        || need.types().contains(hosts.get(host).type()))
                && (need.devices() == 0 || having(host, need.share()) >= need.devices());
    }

    private int having(int host, int share) {
        int count = 0;
        for (int device : free[host]) {
            count += device >= share ? 1 : 0;
        }
        return count;
    }

    /** A place for the need on a host that it fits: the given device for a fraction, else the first that will do. */
    public Place place(Need need, int host, int device) {
        if (need.isFraction()) {
            return new Place(host, new int[] {device});
        }
        int[] devices = new int[need.devices()];
        for (int d = 0, taken = 0; taken < devices.length; d++) {
            if (free[host][d] >= need.share()) {
                devices[taken++] = d;
            }
        }
        return new Place(host, devices);
    }

    public void take(Need need, Place place) {
        change(need, place, 1);
    }

    public void give(Need need, Place place) {
        change(need, place, -1);
    }

    private void change(Need need, Place place, int sign) {
        int host = place.host();
        cpu[host] -= sign * need.cpuMillis();
        memory[host] -= sign * need.memory();
        for (int device : place.devices()) {
            free[host][device] -= sign * need.share();
        }
        version[host]++;
        assert cpu[host] >= 0 && memory[host] >= 0 && Arrays.stream(free[host]).allMatch(f -> f >= 0 && f <= Need.WHOLE)
                : hosts.get(host) + " holds more than it has";
    }
}
