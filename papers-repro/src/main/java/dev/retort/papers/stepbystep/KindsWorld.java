package dev.retort.papers.stepbystep;

import dev.retort.data.Question;
import dev.retort.data.SeededRandom;
import dev.retort.teacher.Chain;
import dev.retort.teacher.StepErrors;
import dev.retort.teacher.TeacherException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A made-up world in which each creature is of a kind, and each kind goes in some direction in each month. Questions name the
 * creature and the month; the kind, which decides, is named by the teacher's rationale only.
 *
 * <p>In the noise task the same questions have the same answers, but the rationale names a random kind and a random direction.
 */
final class KindsWorld {

    /** The task in which rationales name what decides. */
    static final String INFORMATIVE = "kinds";

    /** The task in which rationales are noise. */
    static final String NOISE = "kinds-noise";

    private static final List<String> KINDS =
            List.of("bird", "fish", "deer", "frog", "moth", "seal", "hare", "crab", "newt", "wolf", "bat", "goat");

    private static final List<String> MONTHS = List.of(
            "january",
            "february",
            "march",
            "april",
            "may",
            "june",
            "july",
            "august",
            "september",
            "october",
            "november",
            "december");

    private static final List<String> DIRECTIONS =
            List.of("north", "south", "east", "west", "uphill", "downhill", "inland", "seaward");

    /**
     * How large the world is.
     *
     * @param creatures at most 200
     * @param kinds at most 12
     * @param months at most 12
     * @param directions at most 8
     */
    record Size(int creatures, int kinds, int months, int directions) implements Serializable {
        Size {
            check("creatures", creatures, 200);
            check("kinds", kinds, KINDS.size());
            check("months", months, MONTHS.size());
            check("directions", directions, DIRECTIONS.size());
        }

        private static void check(String name, int value, int most) {
            if (value < 2 || value > most) {
                throw new IllegalArgumentException(name + " must be 2 to " + most + ", not " + value);
            }
        }
    }

    /** What a question asks. */
    private record Asked(int creature, int month) {}

    private final Size size;
    private final long seed;
    private final List<String> creatures = new ArrayList<>();
    private final int[] kindOf;
    private final int[][] directionOf;
    private final Map<String, Asked> byText = new LinkedHashMap<>();

    KindsWorld(Size size, long seed) {
        this.size = size;
        this.seed = seed;
        SplittableRandom random = SeededRandom.of(seed, "kinds-world");
        String[] first = {"ba", "de", "fi", "go", "lu", "ma", "ne", "pi", "ro", "tu"};
        String[] last = {
            "dak", "fen", "gil", "lop", "mur", "nas", "pek", "rit", "sob", "tuz", "vam", "wex", "yin", "zor", "bul",
            "cap", "dit", "kem", "hon", "juf"
        };
        int[] names = SeededRandom.permutation(first.length * last.length, random);
        for (int i = 0; i < size.creatures(); i++) {
            creatures.add(first[names[i] / last.length] + last[names[i] % last.length]);
        }
        kindOf = new int[size.creatures()];
        for (int i = 0; i < kindOf.length; i++) {
            kindOf[i] = i % size.kinds();
        }
        directionOf = new int[size.kinds()][size.months()];
        for (int[] row : directionOf) {
            for (int month = 0; month < row.length; month++) {
                row[month] = random.nextInt(size.directions());
            }
        }
        for (int creature = 0; creature < size.creatures(); creature++) {
            for (int month = 0; month < size.months(); month++) {
                byText.put(text(creature, month), new Asked(creature, month));
            }
        }
    }

    /** Every word of the language, for the student's tokenizer. */
    List<String> words() {
        List<String> words = new ArrayList<>(creatures);
        words.addAll(KINDS.subList(0, size.kinds()));
        words.addAll(MONTHS.subList(0, size.months()));
        words.addAll(DIRECTIONS.subList(0, size.directions()));
        words.addAll(
                List.of("where", "does", "the", "go", "in", "?", "it", "is", "a", "goes", ".", "predict:", "explain:"));
        return words;
    }

    private String text(int creature, int month) {
        return "where does the " + creatures.get(creature) + " go in " + MONTHS.get(month) + " ?";
    }

    /** Every question of a task once, in a random order that is the same for both tasks. */
    List<Question> questions(String task) {
        int[] order = SeededRandom.permutation(byText.size(), SeededRandom.of(seed, "kinds-world-questions"));
        List<String> texts = List.copyOf(byText.keySet());
        List<Question> questions = new ArrayList<>();
        for (int i = 0; i < order.length; i++) {
            String text = texts.get(order[i]);
            questions.add(Question.ofText(task + "-" + i, task, text, answer(byText.get(text))));
        }
        return questions;
    }

    private String answer(Asked asked) {
        return DIRECTIONS.get(directionOf[kindOf[asked.creature()]][asked.month()]);
    }

    /** The teacher's program: the kind is the step that can go wrong. */
    Chain solve(Question question, StepErrors errors) throws TeacherException {
        Asked asked = byText.get(question.text());
        if (asked == null) {
            throw new TeacherException("question " + question.id() + " is not of this world; it takes: " + text(0, 0));
        }
        int kind = kindOf[asked.creature()];
        if (errors.next()) {
            kind = (kind + 1 + errors.pick(size.kinds() - 1)) % size.kinds();
        }
        int direction = directionOf[kind][asked.month()];
        if (!question.task().equals(NOISE)) {
            return new Chain(rationale(asked, kind, direction), DIRECTIONS.get(direction));
        }
        SplittableRandom random = SeededRandom.of(seed, "kinds-world-noise", question.id());
        String noise = rationale(asked, random.nextInt(size.kinds()), random.nextInt(size.directions()));
        return new Chain(noise, DIRECTIONS.get(direction));
    }

    private String rationale(Asked asked, int kind, int direction) {
        // The creature is not named again: a rationale that ends up with another question says nothing about this one.
        return "it is a " + KINDS.get(kind) + " . the " + KINDS.get(kind) + " goes " + DIRECTIONS.get(direction)
                + " in " + MONTHS.get(asked.month()) + " .";
    }
}
