package dev.retort.papers.minillm;

import dev.retort.data.SeededRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * A language of which every probability is known: a topic of two words, then a sentence of so many words. A topic has a few
 * sentences, its modes, each with a share; one is drawn, and each of its words is, by a small chance, another one.
 *
 * @param words of the language, topics included
 * @param topics how many
 * @param length words of a sentence
 * @param modes of each topic; every one has twice the share of the next
 * @param noise the chance that a word is drawn from all words
 * @param dataSeed of topics and modes
 */
public record TinyLanguage(Integer words, Integer topics, Integer length, Integer modes, Double noise, Long dataSeed) {

    public TinyLanguage {
        words = words == null ? Integer.valueOf(6) : words;
        topics = topics == null ? Integer.valueOf(16) : topics;
        length = length == null ? Integer.valueOf(4) : length;
        modes = modes == null ? Integer.valueOf(3) : modes;
        noise = noise == null ? Double.valueOf(0.1) : noise;
        dataSeed = dataSeed == null ? Long.valueOf(0) : dataSeed;
        if (words < 2
                || topics < 2
                || topics > words * words
                || length < 1
                || modes < 1
                || !(noise >= 0 && noise <= 1)) {
            throw new IllegalArgumentException(
                    "a language needs 2 words and 2 topics at least, a topic being two of its words, sentences of 1 word"
                            + " and 1 mode at least, and noise 0 to 1");
        }
    }

    /** Every word. */
    List<String> vocabulary() {
        return IntStream.range(0, words).mapToObj(TinyLanguage::word).toList();
    }

    private static String word(int index) {
        return String.valueOf((char) ('a' + index));
    }

    /** The topics as prompts, such as "c a". */
    List<String> prompts() {
        int[] order = SeededRandom.permutation(words * words, SeededRandom.of(dataSeed, "topics"));
        List<String> prompts = new ArrayList<>();
        for (int topic = 0; topic < topics; topic++) {
            prompts.add(word(order[topic] / words) + " " + word(order[topic] % words));
        }
        return prompts;
    }

    /** A sentence about a topic, such as " b b d a". */
    String draw(int topic, SplittableRandom random) {
        double left = random.nextDouble() * ((1 << modes) - 1);
        int mode = 0;
        while (mode < modes - 1 && left >= 1 << (modes - 1 - mode)) {
            left -= 1 << (modes - 1 - mode);
            mode++;
        }
        SplittableRandom ofMode = SeededRandom.of(dataSeed, "mode", topic, mode);
        StringBuilder sentence = new StringBuilder();
        for (int i = 0; i < length; i++) {
            int own = ofMode.nextInt(words);
            sentence.append(' ').append(word(random.nextDouble() < noise ? random.nextInt(words) : own));
        }
        return sentence.toString();
    }
}
