use super::*;

fn small(machines: usize, windows_per_machine: usize) -> PlantConfig {
    PlantConfig { machines, windows_per_machine, ..PlantConfig::default() }
}

fn counts(dataset: &Dataset, channel: usize) -> &[i16] {
    match &dataset.channels[channel].data {
        ChannelData::Counts { counts, .. } => counts,
        ChannelData::Values(_) => unreachable!("the plant gives counts"),
    }
}

#[test]
fn same_seed_gives_the_same_fleet_on_any_number_of_threads() {
    let on_threads = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("thread pool");
        pool.install(|| simulate(&small(4, 10))).sha256
    };
    assert_eq!(on_threads(1), on_threads(3));
    assert_ne!(simulate(&PlantConfig { seed: 2, ..small(4, 10) }).sha256, on_threads(2));
}

#[test]
fn smaller_fleet_and_shorter_record_are_parts_of_the_larger() {
    let (large, less) = (simulate(&small(3, 12)), simulate(&small(2, 9)));
    for (channel, plant_channel) in CHANNELS.iter().enumerate() {
        let samples = plant_channel.samples;
        for machine in 0..2 {
            let of = |dataset: &Dataset, windows: usize| {
                counts(dataset, channel)[machine * windows * samples..][..9 * samples].to_vec()
            };
            assert_eq!(of(&large, 12), of(&less, 9), "{}", plant_channel.name);
        }
    }
}

#[test]
fn rows_go_machine_by_machine_in_time_and_every_array_has_its_length() {
    let dataset = simulate(&small(3, 15));
    assert_eq!(dataset.rows, 45);
    let (groups, hours) = (dataset.groups.as_ref().expect("groups"), dataset.hours.as_ref().expect("hours"));
    assert_eq!(groups.len(), 45);
    assert!((1..45).all(|row| (groups[row - 1], hours[row - 1]) < (groups[row], hours[row])));
    for (channel, plant_channel) in CHANNELS.iter().enumerate() {
        assert_eq!(counts(&dataset, channel).len(), 45 * plant_channel.samples);
        let window_s = plant_channel.samples as f64 / plant_channel.rate_hz;
        assert!((window_s - f64::from(WINDOW_MS) / 1000.0).abs() < 1e-9, "{}", plant_channel.name);
    }
}

#[test]
fn default_project_is_valid_and_names_what_the_plant_gives() {
    let project = crate::config::parse(DEFAULT_PROJECT, "plant.toml").expect("a valid project");
    let dataset = simulate(&small(2, 2));
    let names = |names: &[String]| names.join(" ");
    let channels: Vec<String> = dataset.channels.iter().map(|channel| channel.name.clone()).collect();
    assert_eq!(
        names(&project.channels.iter().map(|channel| channel.name.clone()).collect::<Vec<_>>()),
        names(&channels)
    );
    for (config, task) in project.tasks.iter().zip(&dataset.tasks) {
        assert_eq!(
            (&config.name, config.role, config.kind, &config.unit),
            (&task.name, task.role, task.kind, &task.unit)
        );
        assert_eq!(config.classes, task.class_names);
    }
    assert_eq!(project.tasks.len(), dataset.tasks.len());
}

#[test]
fn labels_come_only_within_the_horizon_and_every_task_has_both_sides() {
    let dataset = simulate(&small(12, 60));
    let Labels::Classes(fault) = &dataset.tasks[0].labels else { unreachable!("classes") };
    for class in 0..4 {
        assert!(fault.iter().filter(|label| **label == Some(class)).count() >= 20, "class {class}");
    }
    let share = |present: usize| present as f64 / dataset.rows as f64;
    let Labels::Values(roughness) = &dataset.tasks[1].labels else { unreachable!("values") };
    let Labels::Classes(reject) = &dataset.tasks[2].labels else { unreachable!("classes") };
    let Labels::Values(energy) = &dataset.tasks[3].labels else { unreachable!("values") };
    assert!((share(roughness.iter().flatten().count()) - 0.6).abs() < 0.06);
    assert!((share(reject.iter().flatten().count()) - 0.92).abs() < 0.04);
    assert!((share(energy.iter().flatten().count()) - 0.97).abs() < 0.03);
    let rejects = share(reject.iter().filter(|label| **label == Some(1)).count());
    assert!((0.05..0.35).contains(&rejects), "{rejects}");
}

#[test]
fn stretch_of_a_warning_is_no_longer_than_the_horizon() {
    let config = small(12, 60);
    let dataset = simulate(&config);
    let Labels::Classes(fault) = &dataset.tasks[0].labels else { unreachable!("classes") };
    let (groups, hours) = (dataset.groups.as_ref().expect("groups"), dataset.hours.as_ref().expect("hours"));
    let mut begin = 0;
    for row in 1..dataset.rows {
        if (groups[row], fault[row]) != (groups[begin], fault[begin]) {
            begin = row;
        }
        if fault[row] != Some(0) {
            assert!(hours[row] - hours[begin] < config.warning_horizon_h);
        }
    }
}

#[test]
fn missing_samples_are_few_and_on_the_channels_that_lose_them() {
    let dataset = simulate(&small(6, 60));
    let missing = |channel| {
        counts(&dataset, channel).iter().filter(|count| **count == i16::MIN).count() as f64
            / counts(&dataset, channel).len() as f64
    };
    assert_eq!(missing(3), 0.0);
    assert!((0.001..0.08).contains(&missing(4)));
    assert!(missing(0) < 0.005);
}
