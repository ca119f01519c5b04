package dev.gyropilot.brain.placement.packing;

import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the free part of a device is worth: how much of a device the fractions can use of it that are expected, when all of
 * them are packed into as few devices as possible. A gap of half a device is worth half a device where there are halves to
 * come, and nothing where the smallest fraction is larger.
 *
 * <p>The worth of a gap is the best filling of it at the prices of the fractions, and those are the dual prices of the
 * cutting-stock problem over the mix, found by column generation (Gilmore and Gomory, "A linear programming approach to the
 * cutting-stock problem", 1961). Shares are rounded up to hundredths of a device.
 */
final class GapValue {
    /** Thousandths in a unit. */
    private static final int UNIT = 10;

    private static final int BIN = Need.WHOLE / UNIT;

    /** How many sizes are told apart; rarer ones are left out. */
    private static final int SIZE_LIMIT = 32;

    /** A bound on the columns; what is found by then is close to the optimum and never above the worth of a device. */
    private static final int COLUMN_LIMIT = 2000;

    private static final double NEGLIGIBLE = 1e-9;

    /** In devices, by free units. */
    private final double[] worth;

    /** How many devices the fractions of the mix take when they are packed at their best. */
    final double devices;

    private GapValue(double[] worth, double devices) {
        this.worth = worth;
        this.devices = devices;
    }

    static GapValue of(Mix mix) {
        var demand = new TreeMap<Integer, Double>();
        mix.frequencies().forEach((need, frequency) -> {
            if (need.isFraction()) {
                demand.merge((need.share() + UNIT - 1) / UNIT, frequency, Double::sum);
            }
        });
        while (demand.size() > SIZE_LIMIT) {
            demand.remove(Collections.min(demand.entrySet(), Map.Entry.comparingByValue())
                    .getKey());
        }
        int[] sizes = demand.keySet().stream().mapToInt(Integer::intValue).toArray();
        double[] amounts =
                demand.values().stream().mapToDouble(Double::doubleValue).toArray();
        return solve(sizes, amounts);
    }

    /** @return what a gap of so many thousandths is worth, in devices: 0 to 1, never falling; 1 for a free device */
    double of(int share) {
        return share >= Need.WHOLE ? 1 : worth[share / UNIT];
    }

    private static GapValue solve(int[] sizes, double[] amounts) {
        int count = sizes.length;
        double[] best = new double[BIN + 1];
        double[][] basis = new double[count][count];
        double[] cost = new double[count];
        for (int i = 0; i < count; i++) {
            basis[i][i] = Math.max(1, BIN / sizes[i]);
            cost[i] = 1;
        }
        int[] last = new int[BIN + 1];
        double devices = 0;
        for (int round = 0; round < COLUMN_LIMIT && count > 0; round++) {
            double[][] inverse = inverse(basis);
            double[] price = new double[count];
            double[] used = new double[count];
            for (int i = 0; i < count; i++) {
                for (int k = 0; k < count; k++) {
                    price[i] += cost[k] * inverse[k][i];
                    used[k] += inverse[k][i] * amounts[i];
                }
            }
            devices = 0;
            for (int i = 0; i < count; i++) {
                devices += price[i] * amounts[i];
            }
            double[] column = new double[count];
            double columnCost = 1;
            int surplus = cheapest(price);
            if (surplus >= 0) {
                // More of a fraction than is asked for costs nothing.
                column[surplus] = -1;
                columnCost = 0;
            } else {
                fill(sizes, price, best, last);
                if (best[BIN] <= 1 + NEGLIGIBLE) {
                    break;
                }
                for (int free = BIN; free > 0; ) {
                    if (last[free] < 0) {
                        free--;
                    } else {
                        column[last[free]]++;
                        free -= sizes[last[free]];
                    }
                }
            }
            int leaving = leaving(inverse, column, used);
            if (leaving < 0) {
                break;
            }
            for (int i = 0; i < count; i++) {
                basis[i][leaving] = column[i];
            }
            cost[leaving] = columnCost;
        }
        double scale = Math.max(1, best[BIN]);
        return new GapValue(Arrays.stream(best).map(value -> value / scale).toArray(), devices);
    }

    private static int cheapest(double[] price) {
        int result = -1;
        for (int i = 0; i < price.length; i++) {
            if (price[i] < -NEGLIGIBLE && (result < 0 || price[i] < price[result])) {
                result = i;
            }
        }
        return result;
    }

    /** The best filling of each gap, and the size that comes last in it; -1: the gap is no better than one unit less. */
    private static void fill(int[] sizes, double[] price, double[] best, int[] last) {
        best[0] = 0;
        for (int free = 1; free <= BIN; free++) {
            best[free] = best[free - 1];
            last[free] = -1;
            for (int i = 0; i < sizes.length; i++) {
                if (sizes[i] <= free && best[free - sizes[i]] + price[i] > best[free] + NEGLIGIBLE) {
                    best[free] = best[free - sizes[i]] + price[i];
                    last[free] = i;
                }
            }
        }
    }

    /** The column of the basis that the new one replaces. */
    private static int leaving(double[][] inverse, double[] column, double[] used) {
        int result = -1;
        double least = Double.POSITIVE_INFINITY;
        for (int k = 0; k < column.length; k++) {
            double direction = 0;
            for (int i = 0; i < column.length; i++) {
                direction += inverse[k][i] * column[i];
            }
            if (direction > NEGLIGIBLE && used[k] / direction < least) {
                least = used[k] / direction;
                result = k;
            }
        }
        return result;
    }

    /** By Gauss and Jordan, with the largest pivot of each column. */
    private static double[][] inverse(double[][] matrix) {
        int n = matrix.length;
        double[][] work = new double[n][2 * n];
        for (int r = 0; r < n; r++) {
            System.arraycopy(matrix[r], 0, work[r], 0, n);
            work[r][n + r] = 1;
        }
        for (int c = 0; c < n; c++) {
            int pivot = c;
            for (int r = c; r < n; r++) {
                pivot = Math.abs(work[r][c]) > Math.abs(work[pivot][c]) ? r : pivot;
            }
            double[] row = work[pivot];
            work[pivot] = work[c];
            work[c] = row;
            double by = row[c];
            for (int k = 0; k < 2 * n; k++) {
                row[k] /= by;
            }
            for (int r = 0; r < n; r++) {
                double factor = work[r][c];
                for (int k = 0; r != c && factor != 0 && k < 2 * n; k++) {
                    work[r][k] -= factor * row[k];
                }
            }
        }
        return Arrays.stream(work).map(row -> Arrays.copyOfRange(row, n, 2 * n)).toArray(double[][]::new);
    }
}
