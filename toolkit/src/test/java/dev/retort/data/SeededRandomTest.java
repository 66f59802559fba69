package dev.retort.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SeededRandomTest {

    @Test
    void equalKeysDrawEqually() {
        assertThat(SeededRandom.of(1, "sample", "q1", 0).longs(20).toArray())
                .isEqualTo(SeededRandom.of(1, "sample", "q1", 0).longs(20).toArray());
    }

    /** These values must never change: recorded runs depend on them. */
    @Test
    void seedsAreTheFirstEightBytesOfTheKeysHash() {
        assertThat(SeededRandom.seedOf(0, "shuffle")).isEqualTo(0x448c0b42144b549dL);
        assertThat(SeededRandom.seedOf(42, "sample", "q1", 3)).isEqualTo(0xb11f647f40c39908L);
    }

    @Test
    void everyPartOfTheKeyCounts() {
        Set<Long> seeds = new HashSet<>();
        for (long seed = 0; seed < 5; seed++) {
            for (String stage : new String[] {"a", "b"}) {
                for (String id : new String[] {"1", "11", "2"}) {
                    for (int index = 0; index < 12; index++) {
                        seeds.add(SeededRandom.seedOf(seed, stage, id, index));
                    }
                }
            }
        }
        assertThat(seeds).hasSize(5 * 2 * 3 * 12);
        assertThat(SeededRandom.seedOf(1, "a", "1", "12")).isNotEqualTo(SeededRandom.seedOf(1, "a", "11", "2"));
    }

    @Test
    void permutationsHoldEveryNumberOnce() {
        int[] permutation = SeededRandom.permutation(100, SeededRandom.of(7, "shuffle"));

        assertThat(permutation).isNotEqualTo(SeededRandom.permutation(100, SeededRandom.of(8, "shuffle")));
        Arrays.sort(permutation);
        for (int i = 0; i < 100; i++) {
            assertThat(permutation[i]).isEqualTo(i);
        }
        assertThat(SeededRandom.permutation(0, new SplittableRandom(1))).isEmpty();
    }

    @Test
    void shufflingIsFair() {
        int[] firsts = new int[4];
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < 8000; i++) {
            firsts[SeededRandom.permutation(4, random)[0]]++;
        }
        assertThat(Arrays.stream(firsts).min().getAsInt()).isGreaterThan(1850);
        assertThat(Arrays.stream(firsts).max().getAsInt()).isLessThan(2150);
    }

    @Test
    void hashesAreThePublishedOnes() {
        assertThat(SeededRandom.sha256Hex("abc"))
                .isEqualTo("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
