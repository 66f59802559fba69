package dev.retort.papers.stepbystep;

import dev.retort.papers.PretrainedStudent;
import dev.retort.train.TrainingSettings;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * A recipe on the paper's data sets and the teacher's released outputs.
 *
 * @param needs what the recipe needs, for {@code retort papers}
 * @param threads of tensor operations; null for all cores
 * @param student what is trained
 * @param dataSets by name: svamp, cqa, anli1, esnli
 * @param labelPrefix before the input where the label is predicted
 * @param rationalePrefix before the input where the rationale is predicted
 * @param training every row's settings; learning_rate and alpha come from the trials where there are any
 * @param alpha weight of the label term where no trial chose one
 * @param trials settings to choose from on validation, for each method equally many; method to list
 * @param trialRow the data of the trials
 * @param settingsOf for methods without trials, whose choice they take; method to method
 * @param rows of the table, in the order in which they are run
 * @param maxNewTokens of an answer at test time
 * @param maxRationaleTokens more of them where the student writes a rationale first
 * @param evalBatchRows rows decoded together
 */
record ReleasedConfig(
        Map<String, String> needs,
        Integer threads,
        PretrainedStudent student,
        Map<String, Data> dataSets,
        String labelPrefix,
        String rationalePrefix,
        TrainingSettings training,
        Double alpha,
        Map<String, List<Trial>> trials,
        TrialRow trialRow,
        Map<String, String> settingsOf,
        List<RowSpec> rows,
        Integer maxNewTokens,
        Integer maxRationaleTokens,
        Integer evalBatchRows) {

    /**
     * How a data set is used.
     *
     * @param trainSplit training rows are drawn from it
     * @param testSplit test rows are drawn from it
     * @param testSize a fixed random part of the test split; null for all of it
     * @param validationSize rows of the train split kept apart for choosing settings
     */
    record Data(String trainSplit, String testSplit, Integer testSize, Integer validationSize) {
        Data {
            require(trainSplit != null && testSplit != null, "a data set needs train_split and test_split");
            validationSize = validationSize == null ? Integer.valueOf(0) : validationSize;
        }
    }

    /**
     * Settings to try.
     *
     * @param learningRate peak of the schedule
     * @param alpha weight of the label term; null where there is one term
     */
    record Trial(Double learningRate, Double alpha) {
        Trial {
            require(learningRate != null, "a trial needs a learning_rate");
        }
    }

    /**
     * On what settings are tried.
     *
     * @param dataSet where
     * @param labels training examples
     * @param seed of the trials, no reported one
     */
    record TrialRow(DssDataSet dataSet, Integer labels, Integer seed) {
        TrialRow {
            require(dataSet != null && labels != null && seed != null, "trial_row needs data_set, labels and seed");
        }

        /** The row that a method's settings are tried on. */
        RowSpec of(Method method) {
            return new RowSpec(dataSet, method, labels, null, null, null, null, null, List.of(seed));
        }
    }

    /**
     * A row of the table.
     *
     * @param dataSet where
     * @param method how
     * @param labels training examples; null for the fraction, or all
     * @param fraction of the training split
     * @param layers of a student cut from the recipe's; null for all of them
     * @param fold of folds tested on; the others are trained on
     * @param folds over all rows of the data set, grouped by story
     * @param equalTokensOf another method: as many steps as give its number of training tokens
     * @param seeds reported; 0 alone where absent
     */
    record RowSpec(
            DssDataSet dataSet,
            Method method,
            Integer labels,
            Double fraction,
            Integer layers,
            Integer fold,
            Integer folds,
            Method equalTokensOf,
            List<Integer> seeds) {
        RowSpec {
            require(dataSet != null && method != null, "a row needs data_set and method");
            require(labels == null || fraction == null, "a row has labels or a fraction, not both");
            require(labels == null || labels >= 1, "labels must be at least 1");
            require(fraction == null || (fraction > 0 && fraction <= 1), "fraction must be above 0 and at most 1");
            require((fold == null) == (folds == null), "fold and folds go together");
            require(fold == null || (fold >= 0 && fold < folds), "fold must be 0 to folds - 1");
            require(method != Method.STEP_BY_STEP_NOISE, "step-by-step-noise is of the tiny world only");
            require(!method.addsAsdiv() || dataSet == DssDataSet.SVAMP, "ASDiv is added to svamp only");
            seeds = seeds == null ? List.of(0) : List.copyOf(seeds);
        }

        /** What the row is called besides its method and seed. */
        String size() {
            StringBuilder text = new StringBuilder(dataSet.title());
            if (labels != null) {
                text.append('-').append(labels);
            }
            if (fraction != null) {
                text.append("-fraction-").append(fraction.toString().replace('.', '_'));
            }
            if (layers != null) {
                text.append("-layers-").append(layers);
            }
            if (fold != null) {
                text.append("-fold-").append(fold).append("-of-").append(folds);
            }
            if (equalTokensOf != null) {
                text.append("-equal-tokens");
            }
            return text.toString();
        }

        String name(int seed) {
            return method.title() + "." + size() + "." + seed;
        }

        /** Whether another row is trained and tested on the same data. */
        boolean sharesDataWith(RowSpec other) {
            return dataSet == other.dataSet
                    && Objects.equals(labels, other.labels)
                    && Objects.equals(fraction, other.fraction)
                    && Objects.equals(layers, other.layers)
                    && Objects.equals(fold, other.fold);
        }

        /** The same data, another method. */
        RowSpec of(Method other) {
            return new RowSpec(dataSet, other, labels, fraction, layers, fold, folds, null, seeds);
        }
    }

    ReleasedConfig {
        require(student != null && training != null, "student and training are needed");
        require(dataSets != null && !dataSets.isEmpty(), "data_sets are needed");
        require(rows != null && !rows.isEmpty(), "rows are needed");
        labelPrefix = labelPrefix == null ? "predict: " : labelPrefix;
        rationalePrefix = rationalePrefix == null ? "explain: " : rationalePrefix;
        alpha = alpha == null ? Double.valueOf(0.5) : alpha;
        trials = trials == null ? Map.of() : Map.copyOf(trials);
        settingsOf = settingsOf == null ? Map.of() : Map.copyOf(settingsOf);
        rows = List.copyOf(rows);
        maxNewTokens = maxNewTokens == null ? Integer.valueOf(64) : maxNewTokens;
        maxRationaleTokens = maxRationaleTokens == null ? Integer.valueOf(256) : maxRationaleTokens;
        evalBatchRows = evalBatchRows == null ? Integer.valueOf(32) : evalBatchRows;
        require(trials.isEmpty() || trialRow != null, "trials need trial_row");
        require(
                trials.values().stream().mapToInt(List::size).distinct().count() <= 1,
                "every method gets the same number of trials");
        List<String> known =
                Arrays.stream(DssDataSet.values()).map(DssDataSet::title).toList();
        for (String name : dataSets.keySet()) {
            require(known.contains(name), "there is no data set '" + name + "'; there are " + String.join(", ", known));
        }
        if (trialRow != null) {
            Data data = dataSets.get(trialRow.dataSet().title());
            require(data != null, "trial_row: " + trialRow.dataSet().title() + " is not among data_sets");
            require(data.validationSize() > 0, "trial_row: its data set needs a validation_size");
        }
        Set<String> names = new HashSet<>();
        for (RowSpec row : rows) {
            String title = row.dataSet().title();
            require(dataSets.containsKey(title), title + " is not among data_sets");
            for (int seed : row.seeds()) {
                require(names.add(row.name(seed)), "two rows are named " + row.name(seed));
            }
        }
        for (String name : trials.keySet()) {
            Method.of(name);
        }
        for (Map.Entry<String, String> entry : settingsOf.entrySet()) {
            Method.of(entry.getKey());
            require(
                    trials.containsKey(entry.getValue()),
                    "settings_of names " + entry.getValue() + ", which has no trials");
        }
    }

    /** The method whose trials decide a method's settings. */
    Method chooser(Method method) {
        return Method.of(settingsOf.getOrDefault(method.title(), method.title()));
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }
}
